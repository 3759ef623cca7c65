@NullMarked
package org.millrace.cli.eval;

import org.jspecify.annotations.NullMarked;
