@NullMarked
package org.millrace.cleaner.rule;

import org.jspecify.annotations.NullMarked;
