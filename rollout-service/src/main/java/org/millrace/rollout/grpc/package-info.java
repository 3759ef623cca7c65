/// The servers that a worker asks, over gRPC. The only package that knows their wire.
@NullMarked
package org.millrace.rollout.grpc;

import org.jspecify.annotations.NullMarked;
