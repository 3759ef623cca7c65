/// Checks of the manifests beside this module. There is no code to run here, only what teams deploy.
@NullMarked
package org.millrace.k8s;

import org.jspecify.annotations.NullMarked;
