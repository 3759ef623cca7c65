/// The Open Inference Protocol v2, for clients that know Triton or KServe: over gRPC by [InferenceEndpoint], and as
/// JSON over HTTP by [RestEndpoint], which reads the same messages out of it. Start at [InferenceServer].
@NullMarked
package org.millrace.inference.grpc.infer;

import org.jspecify.annotations.NullMarked;
