package org.millrace.cli;

import picocli.CommandLine.Command;

/// Crawls sites into a folder.
@Command(
        name = "crawl",
        preprocessor = ServiceCommand.PassOn.class,
        description = "Crawls sites into WARC files, without a running system.")
final class CrawlCommand extends ServiceCommand {

    CrawlCommand() {
        super("crawler", "org.millrace.crawler.command.CrawlCommand");
    }
}
