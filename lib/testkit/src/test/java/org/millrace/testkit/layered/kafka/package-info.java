/// The one package here that keeps every rule.
@NullMarked
package org.millrace.testkit.layered.kafka;

import org.jspecify.annotations.NullMarked;
