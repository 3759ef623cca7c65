@NullMarked
package org.millrace.cleaner.text;

import org.jspecify.annotations.NullMarked;
