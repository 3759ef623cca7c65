/// Measures this service's code in one process, without a broker. Start at [CleanBench].
@NullMarked
package org.millrace.cleaner.bench;

import org.jspecify.annotations.NullMarked;
