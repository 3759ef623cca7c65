package org.millrace.cli.demo;

import java.time.Duration;
import org.millrace.cli.train.Bar;

/// One step of the demo.
interface Stage {

    /// A verb and a noun, for the progress bar and the report: "Crawl the site".
    String title();

    /// How long it takes on two cores, for the time left.
    Duration planned();

    void run(Run run, Bar bar) throws Exception;
}
