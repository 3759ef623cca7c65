@NullMarked
package org.millrace.cleaner.command;

import org.jspecify.annotations.NullMarked;
