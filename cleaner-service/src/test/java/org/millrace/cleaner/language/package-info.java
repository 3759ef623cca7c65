@NullMarked
package org.millrace.cleaner.language;

import org.jspecify.annotations.NullMarked;
