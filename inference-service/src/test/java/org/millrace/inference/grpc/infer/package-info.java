@NullMarked
package org.millrace.inference.grpc.infer;

import org.jspecify.annotations.NullMarked;
