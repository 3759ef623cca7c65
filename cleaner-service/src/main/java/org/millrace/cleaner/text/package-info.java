/// From the bytes of a page to its main text. Start at [PageReader].
@NullMarked
package org.millrace.cleaner.text;

import org.jspecify.annotations.NullMarked;
