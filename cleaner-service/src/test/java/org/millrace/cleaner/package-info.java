@NullMarked
package org.millrace.cleaner;

import org.jspecify.annotations.NullMarked;
