@NullMarked
package org.millrace.cleaner.url;

import org.jspecify.annotations.NullMarked;
