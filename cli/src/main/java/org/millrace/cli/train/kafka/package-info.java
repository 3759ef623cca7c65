/// What the log says about training runs.
@NullMarked
package org.millrace.cli.train.kafka;

import org.jspecify.annotations.NullMarked;
