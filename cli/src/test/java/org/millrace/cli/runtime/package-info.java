@NullMarked
package org.millrace.cli.runtime;

import org.jspecify.annotations.NullMarked;
