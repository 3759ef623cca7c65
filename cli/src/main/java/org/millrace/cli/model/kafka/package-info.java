/// What the log says about models and tokenizers.
@NullMarked
package org.millrace.cli.model.kafka;

import org.jspecify.annotations.NullMarked;
