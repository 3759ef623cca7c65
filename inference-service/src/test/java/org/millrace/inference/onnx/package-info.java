@NullMarked
package org.millrace.inference.onnx;

import org.jspecify.annotations.NullMarked;
