@NullMarked
package org.millrace.cleaner.personal;

import org.jspecify.annotations.NullMarked;
