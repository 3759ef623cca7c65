/// OpenAI's HTTP API for the models that are served. Start at [OpenAiEndpoint].
@NullMarked
package org.millrace.inference.http;

import org.jspecify.annotations.NullMarked;
