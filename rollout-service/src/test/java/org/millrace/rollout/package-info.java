@NullMarked
package org.millrace.rollout;

import org.jspecify.annotations.NullMarked;
