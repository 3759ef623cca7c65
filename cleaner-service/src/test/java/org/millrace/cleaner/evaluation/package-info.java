@NullMarked
package org.millrace.cleaner.evaluation;

import org.jspecify.annotations.NullMarked;
