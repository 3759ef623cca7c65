/// The ONNX graph of a decoder, written without its weights. Start at [DecoderGraph]; what its named
/// weights are made of is [DecoderWeights]. Nothing here runs a graph: that is for the services.
@NullMarked
package org.millrace.onnx;

import org.jspecify.annotations.NullMarked;
