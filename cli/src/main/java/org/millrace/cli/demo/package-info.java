/// The demo: from web pages to an improved model, stage by stage. Start at [Demo].
@NullMarked
package org.millrace.cli.demo;

import org.jspecify.annotations.NullMarked;
