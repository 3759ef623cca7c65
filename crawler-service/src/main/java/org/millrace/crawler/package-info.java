/// Fetches pages politely and whole: each URL of a crawl once, each host slowly, many hosts at a time.
///
/// Start at [org.millrace.crawler.frontier.Frontier], which knows what is to be fetched, then [Crawler],
/// which fetches it. What the web is made of lies in `web`, what sites ask of robots in `manners`. Nothing
/// in this package knows HTTP clients, Kafka, RocksDB or gRPC: `http`, `kafka`, `rocksdb` and `grpc` do.
@NullMarked
package org.millrace.crawler;

import org.jspecify.annotations.NullMarked;
