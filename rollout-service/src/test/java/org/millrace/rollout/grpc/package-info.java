@NullMarked
package org.millrace.rollout.grpc;

import org.jspecify.annotations.NullMarked;
