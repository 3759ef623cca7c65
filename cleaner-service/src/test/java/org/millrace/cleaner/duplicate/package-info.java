@NullMarked
package org.millrace.cleaner.duplicate;

import org.jspecify.annotations.NullMarked;
