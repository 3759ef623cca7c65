/// Stands in for the cleaner, which is no dependency of the command.
@NullMarked
package org.millrace.cleaner.command;

import org.jspecify.annotations.NullMarked;
