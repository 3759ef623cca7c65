/// The `millrace` command. Start at [Millrace]: it lists the commands; each is one class here.
///
/// `runtime` runs the whole system on this machine, `demo` walks through it, `client` calls it, `eval` says
/// how good its models are.
@NullMarked
package org.millrace.cli;

import org.jspecify.annotations.NullMarked;
