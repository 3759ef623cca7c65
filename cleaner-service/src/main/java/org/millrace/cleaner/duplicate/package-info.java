/// Which documents are kept of those that say the same. Start at [Duplicates].
@NullMarked
package org.millrace.cleaner.duplicate;

import org.jspecify.annotations.NullMarked;
