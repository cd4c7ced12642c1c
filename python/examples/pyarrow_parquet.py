"""Decodes a file of links to Parquet, in constant memory: python pyarrow_parquet.py LINKS.txt OUTPUT.parquet"""

import sys

import google_news_link as gnl
import pyarrow as pa
import pyarrow.parquet as pq


def main(source: str, output: str) -> None:
    reader = pa.RecordBatchReader.from_stream(gnl.decode_file(source))
    with pq.ParquetWriter(output, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)


if __name__ == "__main__":
    main(*sys.argv[1:])
