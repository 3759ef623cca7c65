/// Which documents repeat an earlier one. Start at [Duplicates].
@NullMarked
package org.millrace.cleaner.duplicate;

import org.jspecify.annotations.NullMarked;
