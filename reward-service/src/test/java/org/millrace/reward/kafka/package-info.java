@NullMarked
package org.millrace.reward.kafka;

import org.jspecify.annotations.NullMarked;
