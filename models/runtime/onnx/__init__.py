"""Running ONNX graphs by onnxruntime."""
