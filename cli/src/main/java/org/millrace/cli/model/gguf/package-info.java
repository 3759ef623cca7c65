/// Models in the format of ggml and llama.cpp. Start at [org.millrace.cli.model.gguf.GgufModel]; the format is
/// `docs/formats/gguf.md`.
@NullMarked
package org.millrace.cli.model.gguf;

import org.jspecify.annotations.NullMarked;
