@NullMarked
package org.millrace.inference.kafka;

import org.jspecify.annotations.NullMarked;
