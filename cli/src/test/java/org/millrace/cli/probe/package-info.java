@NullMarked
package org.millrace.cli.probe;

import org.jspecify.annotations.NullMarked;
