/// Commands that train.
@NullMarked
package org.millrace.cli.train;

import org.jspecify.annotations.NullMarked;
