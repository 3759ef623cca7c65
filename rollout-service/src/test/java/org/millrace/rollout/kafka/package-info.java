@NullMarked
package org.millrace.rollout.kafka;

import org.jspecify.annotations.NullMarked;
