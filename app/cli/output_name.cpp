// SPDX-License-Identifier: MIT
#include "app/cli/output_name.h"

#include <system_error>

#include "plan/file_name.h"

namespace ww::cli {

std::filesystem::path outputFile(const std::string& output, const ModelFile& model, std::string_view encoding)
{
    const std::filesystem::path path(output);
    std::error_code failed;
    if (path.has_filename() && !std::filesystem::is_directory(path, failed)) return path;
    return path / exportFileName(model.path(), model.metadata(), encoding);
}

}  // namespace ww::cli
