/// The probe's side of the log: pages to ask about, and lessons.
@NullMarked
package org.millrace.cli.probe.kafka;

import org.jspecify.annotations.NullMarked;
