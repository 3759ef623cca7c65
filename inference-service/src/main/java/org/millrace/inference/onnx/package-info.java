/// ONNX Runtime: the only package that knows it. Start at [OnnxDecoder].
@NullMarked
package org.millrace.inference.onnx;

import org.jspecify.annotations.NullMarked;
