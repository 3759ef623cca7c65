@NullMarked
package org.millrace.cli.data.kafka;

import org.jspecify.annotations.NullMarked;
