/// Runs a reward model in ONNX Runtime.
@NullMarked
package org.millrace.reward.onnx;

import org.jspecify.annotations.NullMarked;
