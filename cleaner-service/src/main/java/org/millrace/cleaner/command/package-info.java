/// The cleaner as a command, without a broker: files in, one line a page out. Start at [CleanCommand].
@NullMarked
package org.millrace.cleaner.command;

import org.jspecify.annotations.NullMarked;
