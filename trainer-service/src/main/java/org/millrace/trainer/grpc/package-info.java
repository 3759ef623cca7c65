/// The trainer's edge to its users: requests are checked, failures become gRPC status.
@NullMarked
package org.millrace.trainer.grpc;

import org.jspecify.annotations.NullMarked;
