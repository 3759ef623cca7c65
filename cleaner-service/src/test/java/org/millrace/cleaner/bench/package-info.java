@NullMarked
package org.millrace.cleaner.bench;

import org.jspecify.annotations.NullMarked;
