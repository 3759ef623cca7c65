/// The crawler's gRPC face.
@NullMarked
package org.millrace.crawler.grpc;

import org.jspecify.annotations.NullMarked;
