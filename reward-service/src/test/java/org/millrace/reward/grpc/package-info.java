@NullMarked
package org.millrace.reward.grpc;

import org.jspecify.annotations.NullMarked;
