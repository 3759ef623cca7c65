/// OpenAI's HTTP API for the models that are served. Start at [OpenAiEndpoint]. How requests come in ([Bodies]) and
/// what is measured of them ([RequestMetrics]) is for other faces too.
@NullMarked
package org.millrace.inference.http;

import org.jspecify.annotations.NullMarked;
