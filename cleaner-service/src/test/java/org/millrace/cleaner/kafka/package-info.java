@NullMarked
package org.millrace.cleaner.kafka;

import org.jspecify.annotations.NullMarked;
