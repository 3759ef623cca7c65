/// The whole system on this machine: broker and services as processes, supervised. Start at [Supervisor].
@NullMarked
package org.millrace.cli.runtime;

import org.jspecify.annotations.NullMarked;
