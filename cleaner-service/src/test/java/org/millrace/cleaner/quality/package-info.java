@NullMarked
package org.millrace.cleaner.quality;

import org.jspecify.annotations.NullMarked;
